"""The numbers of the preprocessing and the spot finder, many times faster."""
