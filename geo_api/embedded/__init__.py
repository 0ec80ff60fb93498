"""The private PostGIS cluster used when no MINQING_DATABASE_URL is given.

It lives in ``STATE_DIR/postgres``, listens on a socket only, runs as an unprivileged
user, syncs to disk, and recovers by itself from a kill -9 of app or postmaster. A
second process on the same folder joins the running cluster; the last to leave stops it.
"""

from geo_api.embedded.cluster import EmbeddedCluster
from geo_api.embedded.machine import find_clients
from geo_api.embedded.provisioning import APP, DATABASE, OWNER

__all__ = ["APP", "DATABASE", "OWNER", "EmbeddedCluster", "find_clients"]
