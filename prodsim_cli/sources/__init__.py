"""Readers: one file per input format, each with ``EXTENSIONS`` and ``read(blob, options)``.

``discover`` turns the words of the command into blobs, ``read`` picks the reader. The contract of
a reader: every line of the file is either a row of the table or a reject; nothing vanishes.
"""
