#!/bin/sh
# Lock every environment again: one hashed .txt per .in, without any index address.
# localstack and airflow are resolved as of a date, because newer releases of their unpinned dependencies break them.
set -eu
cd "$(dirname "$0")"
lock() {
  environment=$1
  shift
  "${UV:-uv}" pip compile --quiet --python-version 3.11 --universal --generate-hashes \
    --no-emit-index-url --no-header "$@" "$environment.in" --output-file "$environment.txt"
}
lock uv
lock build
lock localstack --exclude-newer 2025-10-20
lock airflow --exclude-newer 2026-05-15
lock airflow_dev
lock lambda
lock catalog_api
lock spark
lock spark_dev
lock sandbox
lock dev
lock clients
lock notebooks
