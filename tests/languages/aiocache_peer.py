"""A program in Python that shares a cache by aiocache. It is told what to do in lines of JSON, and answers in lines of JSON.

    aiocache_peer.py STORE PORT SERIALIZER NAMESPACE

Each line is a list: the name of a method of aiocache's cache, and its arguments, the last of which may be an object of
named ones. The answer is what the method returned, or {"error": ...}. Bytes are {"hex": ...}, both ways.
"""

import asyncio
import json
import sys

from aiocache.backends.memcached import MemcachedCache
from aiocache.backends.redis import RedisCache
from aiocache.serializers import JsonSerializer, NullSerializer, StringSerializer

STORES = {"memcached": MemcachedCache, "redis": RedisCache}
SERIALIZERS = {
    "json": JsonSerializer,
    "string": StringSerializer,
    "bytes": lambda: NullSerializer(encoding=None),
}


def revived(value):
    if isinstance(value, dict) and set(value) == {"hex"}:
        return bytes.fromhex(value["hex"])
    return value


def told(value):
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, list):
        return [told(item) for item in value]
    return value


async def answer(cache, line):
    name, *arguments = json.loads(line)
    named = arguments.pop() if name not in ("set", "add") and arguments and isinstance(arguments[-1], dict) else {}
    if name in ("set", "add"):
        # The value may be an object itself: key, value, and the timeout in seconds or null.
        key, value, named = arguments[0], arguments[1], {"ttl": arguments[2]}
        arguments = [key, value]
    try:
        return told(await getattr(cache, name)(*map(revived, arguments), **named))
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


async def main(store, port, serializer, namespace):
    cache = STORES[store](
        endpoint="127.0.0.1", port=int(port), serializer=SERIALIZERS[serializer](), namespace=namespace or None
    )
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(await answer(cache, line)), flush=True)
    await cache.close()


asyncio.run(main(*sys.argv[1:]))
