"""A mobile app's call, stage by stage. Start reading in `pipeline.py`."""
