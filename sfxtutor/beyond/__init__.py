"""Methods that the paper does not have, and the claims about them."""
