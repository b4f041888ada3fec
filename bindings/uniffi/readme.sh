#!/bin/sh
# The blocks of README.md as programs, in the folder that is named: the first in Kotlin as it stands, all later ones one
# after another in one function, and those in Java in one. What the first prints is in expected.txt.
set -eu
cd "$(dirname "$0")"
out=$1
rm -rf "$out" && mkdir -p "$out/kotlin" "$out/java"

# The n-th block of a language.
block() {
  awk -v language="$1" -v wanted="$2" '
    $0 == "```" && inside { inside = 0; next }
    $0 == "```" language { inside = (++count == wanted); next }
    inside' README.md
}
count() { grep -c "^\`\`\`$1\$" README.md; }

block kotlin 1 > "$out/kotlin/Readme.kt"
block text 1 > "$out/expected.txt"
block xml 1 | tr -d ' \n' | grep -q "<version>$(sed -n '0,/<version>/s/.*<version>\(.*\)<\/version>.*/\1/p' jvm/pom.xml)</version>"

{
  printf '%s\n' '@file:Suppress("UNUSED_VARIABLE", "UNUSED_PARAMETER")' '' 'package later'
  for n in $(seq 2 "$(count kotlin)"); do block kotlin "$n" | grep '^import ' || true; done | sort -u
  printf '%s\n' 'private fun myModel(system: String, user: String, schema: String) = "$system$user$schema".take(1)' \
    'fun main() {' \
    '    val leads = List(3) { Lead("L-$it").with("title", "VP Sales") }' \
    '    val lead = leads[0]'
  for n in $(seq 2 "$(count kotlin)"); do block kotlin "$n" | grep -v '^import ' | sed 's/^/    /'; done
  echo '}'
} > "$out/kotlin/Later.kt"

{
  block java 1 | grep '^import '
  echo 'public class ReadmeJava { public static void main(String[] args) {'
  block java 1 | grep -v '^import '
  echo '} }'
} > "$out/java/ReadmeJava.java"
