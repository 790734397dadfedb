"""A furnished home to try the integration in, and to test it in a browser."""
