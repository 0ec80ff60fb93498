"""What is done to a request that is there: verbs, photos, succession."""
