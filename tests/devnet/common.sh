# Shared by start and stop. What the environment may say:
#
#   HUB_DEVNET_HOME       folder of the chain's data (default: tests/devnet/homes/<chain id>)
#   HUB_DEVNET_CHAIN_ID   chain id (default: hub-devnet-1)
#   HUB_DEVNET_RPC_PORT   where the node answers, on 127.0.0.1 (default: 26657); another for a second node
#   HUB_DEVNET_BLOCK_GAS  gas that a block of a new chain takes at most (default: -1, no limit)
#   HUB_DEVNET_BLOCK_MS   milliseconds from a block of a new chain to the work on the next (default: 500)
#   HUB_DEVNET_WASMD      another wasmd to run (default: the one that tests/go.mod names, which is built)

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
chain_id=${HUB_DEVNET_CHAIN_ID:-hub-devnet-1}
home=$(realpath -m "${HUB_DEVNET_HOME:-$here/homes/$chain_id}")
rpc=127.0.0.1:${HUB_DEVNET_RPC_PORT:-26657}
block_gas=${HUB_DEVNET_BLOCK_GAS:--1}
block_ms=${HUB_DEVNET_BLOCK_MS:-500}
export HUB_DEVNET_HOME=$home # for stop, from wherever it is called
node=$(realpath -m "${HUB_DEVNET_WASMD:-$here/build/wasmd}")
# Last, since it changes the folder: a home that is given is meant from where the caller stands.
source "$here/../../tools/scripts/common.sh"

# Whether the node of this home runs. A number that went to another process meanwhile does not count.
running() {
    [[ -f $home/node.pid ]] && pid=$(<"$home/node.pid") &&
        { tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF -- "--home $home "; } 2>/dev/null
}
