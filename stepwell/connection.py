"""The connection to Temporal: by the settings, else by Temporal's own profile and environment."""

from temporalio.client import Client
from temporalio.envconfig import ClientConfigProfile
from temporalio.service import RPCError

from stepwell.errors import Unavailable
from stepwell.settings import Settings
from workflows.plugin import DATA_CONVERTER


async def connect_to(settings: Settings) -> Client:
    """Connect, or raise Unavailable with what to check."""
    config = ClientConfigProfile.load().to_client_connect_config()
    if settings.temporal:
        config["target_host"] = settings.temporal
        config["namespace"] = settings.namespace
    address = config.setdefault("target_host", "127.0.0.1:7233")
    config.setdefault("namespace", settings.namespace)
    try:
        return await Client.connect(**config, data_converter=DATA_CONVERTER)
    except (RPCError, RuntimeError) as error:
        raise Unavailable(f"no Temporal server answers at {address}; start 'stepwell up' or check TEMPORAL_ADDRESS") from error
