"""Secrets Manager and STS as `moto` plays them, with accounts whose signatures it checks.

Prints one line of JSON when it is ready, and ends when its standard input does.
"""

import json
import logging
import sys

import boto3
from moto import settings
from moto.server import ThreadedMotoServer

REGION = "eu-central-1"

logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
url = f"http://{host}:{port}"


def client(service):
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=url,
        aws_access_key_id="setup",
        aws_secret_access_key="setup",
    )


def account(name, actions):
    """A user who may do these actions; gives the access key."""
    iam = client("iam")
    iam.create_user(UserName=name)
    if actions:
        statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"id": key["AccessKeyId"], "secret": key["SecretAccessKey"]}


secrets = client("secretsmanager")
for name, text in json.loads(sys.argv[1]).items():
    secrets.create_secret(Name=name, SecretString=text)
secrets.create_secret(Name="binary", SecretBinary=b"\x00\x01")
secrets.create_secret(Name="deleted", SecretString="gone")
secrets.delete_secret(SecretId="deleted")
ready = {
    "url": url,
    "reader": account("reader", ["secretsmanager:GetSecretValue"]),
    "stranger": account("stranger", []),
}
# From now on every request must be signed rightly, by somebody who may make it.
settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
print(json.dumps(ready), flush=True)
sys.stdin.read()
server.stop()
