#!/bin/sh
# The jar in an empty folder, with its dependencies and a JVM alone: the command, on one lead.
set -eu
cd "$(dirname "$0")/jvm"
mvn -B -ntp -q dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$PWD/target/runtime"
jars="$PWD/target/leadscore-0.1.0.jar:$PWD/target/runtime/*"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
printf 'lead_id,company,title\nL-1,Acme Ltd,VP Engineering\n' > leads.csv
java -cp "$jars" io.leadscore.Leadscore score leads.csv --as-of 2026-11-20 --format csv
