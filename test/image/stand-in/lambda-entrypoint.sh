#!/bin/sh
# As in AWS's base image: the command names the handler.
export _HANDLER="$1"
exec /var/lang/bin/node --require /var/runtime/rapid-client.cjs /var/runtime/index.mjs
