#!/bin/sh
# Where the native library cannot be loaded, the error says what to do: with a JNA that is too old, and where JNA may not run
# what it unpacks. What the installed jar depends on lies in ../../examples/jvm/target/dependency.
set -eu
cd "$(dirname "$0")"
java=${JAVA:-java}
mvn=${MVN:-mvn -B -ntp -q}
all=$(ls ../../examples/jvm/target/dependency/*.jar | tr '\n' ':')
rest=$(ls ../../examples/jvm/target/dependency/*.jar | grep -v '/jna-[0-9]' | tr '\n' ':')

# What the command prints, in which there must be these words.
says() {
  words=$1; shift
  said=$("$@" io.leadscore.Leadscore --version 2>&1 || true)
  case $said in
    *"$words"*) echo "told: $words" ;;
    *) echo "wanted: $words"; echo "$said"; exit 1 ;;
  esac
}

says "leadscore 0.1.0" "$java" -cp "$all"
for version in 4.5.2 5.5.0; do
  $mvn dependency:copy -Dartifact=net.java.dev.jna:jna:$version -DoutputDirectory="$PWD/jvm/target/jna"
done
says "JNA 4.5.2 is on the class path, and leadscore wants 5.5.0 or newer" "$java" -cp "$rest:jvm/target/jna/jna-4.5.2.jar"
# The oldest that works, the generated calls and their callbacks too.
says "leadscore 0.1.0" "$java" -cp "$rest:jvm/target/jna/jna-5.5.0.jar"
$java -cp "$rest:jvm/target/jna/jna-5.5.0.jar:../../examples/jvm/target/classes" ManyKt > jvm/target/jna/many.txt

# A file system of our own, mounted so that nothing on it may run.
if command -v unshare >/dev/null && unshare --mount true 2>/dev/null; then
  says "-Djna.tmpdir=" unshare --mount sh -c '
    folder=$1; shift
    mkdir -p "$folder" && mount -t tmpfs -o noexec none "$folder" && exec "$@"' \
    sh "$PWD/jvm/target/noexec" "$java" -Djna.tmpdir="$PWD/jvm/target/noexec" -cp "$all"
else
  echo "no mount namespace may be made here: the test of a folder mounted noexec is skipped"
  if [ -n "${LEADSCORE_SKIP_LOG:-}" ]; then echo "jvm wants a mount namespace" >> "$LEADSCORE_SKIP_LOG"; fi
fi
