"""How long tests wait for what must happen."""

PATIENCE = 600  # seconds until a test gives up; on an idle machine nothing takes ten
