"""Prints the service's OpenAPI document: `python openapi.py > openapi.json`, after a change to the interface."""

import json
import sys

from app import app

if __name__ == "__main__":
    json.dump(app.openapi(), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
