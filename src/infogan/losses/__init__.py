"""What is minimised, one term a file: tensors in, tensors out."""
