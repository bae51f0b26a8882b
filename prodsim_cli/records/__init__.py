"""What travels between the rooms and what a person sees: frozen, standard library only.

The JSON forms are the public contract (docs/json.md). Import a record from the module that holds
it: making the classes of all costs more time than the look-up that ``similar`` does.
"""
