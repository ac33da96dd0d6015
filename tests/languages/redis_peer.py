"""A program in Python that uses a Redis server by redis-py, without any framework around it. As `aiocache_peer.py`, each
line is a list: the name of a method of the client, and its arguments.

    redis_peer.py PORT
"""

import json
import sys

import redis

client = redis.Redis(host="127.0.0.1", port=int(sys.argv[1]), socket_timeout=5, decode_responses=True)
for line in sys.stdin:
    name, *arguments = json.loads(line)
    try:
        answer = getattr(client, name)(*arguments)
    except redis.RedisError as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
