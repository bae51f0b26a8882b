"""What every answer obeys: the expressions of ``--where``, the gate, and the order of the rows."""
