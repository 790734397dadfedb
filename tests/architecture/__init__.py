"""What holds the layers, the habits and the texts together: checkers, and their tests."""
