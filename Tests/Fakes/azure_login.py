#!/usr/bin/env python3
"""Asks for one token as azure-identity's DefaultAzureCredential does for a service: by environment, workload or managed identity.

usage: azure_login.py CA       AZURE_AUTHORITY_HOST and the like say where
"""

import sys

from azure.identity import DefaultAzureCredential

credential = DefaultAzureCredential(
    exclude_developer_credentials=True,
    exclude_shared_token_cache_credential=True,
    exclude_visual_studio_code_credential=True,
    exclude_cli_credential=True,
    exclude_developer_cli_credential=True,
    exclude_powershell_credential=True,
    disable_instance_discovery=True,
    connection_verify=sys.argv[1],
)
credential.get_token("https://containerregistry.azure.net/.default")
