"""A partner's own place as a picture to show elsewhere: made by them alone, of nobody else."""
