"""What can be done to an image: one table of transformations, each by an amount.

Codes say which of them they ignore and which they follow; consistency, suggestions and diagnostics
draw on the same table.
"""
