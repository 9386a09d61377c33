"""Network families, one a file: integers in, modules out."""
