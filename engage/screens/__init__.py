"""Screens on a wall: an address that needs no sign-in and shows nothing that is not public."""
