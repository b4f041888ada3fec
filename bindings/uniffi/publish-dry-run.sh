#!/bin/sh
# The release profile with a hand-over into a folder instead of Maven Central: sources, documentation, and signatures with
# a key that is made here and thrown away. What Maven Central asks for is then looked for.
set -eu
cd "$(dirname "$0")"
mvn=${MVN:-mvn -B -ntp -q}
out=$PWD/jvm/target/publish
rm -rf "$out" && mkdir -p "$out"
keys=$(mktemp -d)
trap 'gpgconf --homedir "$keys" --kill all 2>/dev/null || true; rm -rf "$keys"' EXIT
chmod 700 "$keys"

if command -v gpg >/dev/null; then
  gpg --homedir "$keys" --batch --quiet --pinentry-mode loopback --passphrase '' --quick-generate-key 'dry run <dry-run@example.org>' \
    default default never 2>/dev/null
  sign="-Dgpg.homedir=$keys"
else
  echo "gpg is not installed: nothing is signed"
  if [ -n "${LEADSCORE_SKIP_LOG:-}" ]; then echo "jvm wants gpg" >> "$LEADSCORE_SKIP_LOG"; fi
  sign=-Dgpg.skip
fi
# Maven's own deploy into a folder: the plugin of Maven Central wants an account even where it publishes nothing.
$mvn -f jvm/pom.xml -P release -DskipTests "$sign" -DaltDeploymentRepository="dry-run::file://$out" verify \
  org.apache.maven.plugins:maven-deploy-plugin:3.1.4:deploy

version=$(sed -n '0,/<version>/s/.*<version>\(.*\)<\/version>.*/\1/p' jvm/pom.xml)
handed=$out/io/leadscore/leadscore/$version/leadscore-$version
for part in .jar -sources.jar -javadoc.jar .pom; do
  test -s "$handed$part" || { echo "$handed$part is missing" >&2; exit 1; }
  [ "$sign" = -Dgpg.skip ] || gpg --homedir "$keys" --batch --quiet --verify "$handed$part.asc" "$handed$part" 2>/dev/null ||
    { echo "$handed$part is not signed" >&2; exit 1; }
done
for tag in name description url licenses developers scm; do
  grep -q "^  <$tag>" jvm/pom.xml || { echo "the POM has no <$tag>, which Maven Central asks for" >&2; exit 1; }
done
for file in META-INF/LICENSE-APACHE META-INF/LICENSE-MIT; do
  "${JAR:-jar}" tf "$handed.jar" | grep -qx "$file" || { echo "$file is not in the jar" >&2; exit 1; }
done
ls "$out/io/leadscore/leadscore/$version"
