"""The asking side: one module per question, plain SQL through store/.

Each command imports its own question, so that asking for one does not pay for the others.
"""
