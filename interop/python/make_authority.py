"""Makes the authority of the clients' certificates in the folder GRANTD_CLIENT_AUTHORITY, before the server starts."""

import os
from pathlib import Path

from certificates import write_authority

write_authority(Path(os.environ["GRANTD_CLIENT_AUTHORITY"]))
