"""The connection to Temporal: by the settings, else by Temporal's own profile and environment."""

from typing import Any

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.common import HeaderCodecBehavior, SearchAttributeKey, WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.envconfig import ClientConfigProfile, ClientConnectConfig
from temporalio.service import RPCError

from stepwell.codec import encrypting
from stepwell.errors import Unavailable
from stepwell.following import Calls
from stepwell.settings import Settings
from store.keyring import Keyring
from workflows.names import JOURNEYS, SEARCH_ATTRIBUTES
from workflows.policies import priority_of


async def connect_to(settings: Settings, keys: Keyring) -> Client:
    """Connect, with everything encrypted, or raise Unavailable with what to check."""
    config = where_temporal_is(settings)
    try:
        return await encrypted_connection(config, keys)
    except (RPCError, RuntimeError) as error:
        up, check = "start it with 'stepwell up'", "check STEPWELL_TEMPORAL or TEMPORAL_ADDRESS, and that it runs"
        how = up if _is_embedded(settings) else check
        raise Unavailable(f"no Temporal server answers at {config['target_host']}; {how}") from error


def where_temporal_is(settings: Settings) -> ClientConnectConfig:
    """Its address and namespace, with what Temporal's own profile and environment say of certificates and keys."""
    # whatever keys and certificates are in the shell are for another server than the embedded one
    config = ClientConnectConfig() if _is_embedded(settings) else ClientConfigProfile.load().to_client_connect_config()
    if settings.temporal:
        config["target_host"] = settings.temporal
        config["namespace"] = settings.namespace
    config.setdefault("target_host", "127.0.0.1:7233")
    config.setdefault("namespace", settings.namespace)
    return config


def _is_embedded(settings: Settings) -> bool:
    return settings.mail_folder is not None


async def encrypted_connection(config: ClientConnectConfig, keys: Keyring) -> Client:
    """The one way to connect: whoever does so seals what it gives, and takes nothing that is not sealed."""
    return await Client.connect(
        **config, data_converter=encrypting(keys), header_codec_behavior=HeaderCodecBehavior.CODEC, interceptors=[Calls()]
    )


async def keep_at_work(
    connection: Client,
    workflow: str,
    argument: object,
    *,
    id: str,
    tenant: str,
    summary: str | None = None,
    signal: str | None = None,
) -> None:
    """Have the workflow of that id at work: started where none runs, else told by the signal. Raises RPCError."""
    await connection.start_workflow(
        workflow,
        argument,
        id=id,
        task_queue=JOURNEYS,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        start_signal=signal,
        static_summary=summary,
        priority=priority_of(tenant),
    )


async def add_search_attributes(client: Client) -> None:
    """Add those of ours that the namespace lacks. Raises RPCError where the server does not let us."""
    operator, namespace = client.operator_service, client.namespace
    have = (await operator.list_search_attributes(ListSearchAttributesRequest(namespace=namespace))).custom_attributes
    missing = {key.name: _indexed(key) for key in SEARCH_ATTRIBUTES if key.name not in have}
    if missing:
        await operator.add_search_attributes(AddSearchAttributesRequest(namespace=namespace, search_attributes=missing))


def _indexed(key: SearchAttributeKey[Any]) -> IndexedValueType.ValueType:
    return IndexedValueType.ValueType(int(key.indexed_value_type))
