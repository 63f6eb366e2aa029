#!/usr/bin/env bash
# Mutants of one crate, each against the tests of a few seconds. `tools/mutants.sh CARGO-MUTANTS CRATE [ARGUMENTS]`, such as
# `--shard 1/16` or `-f FILE`; what lives is in target/mutants.missed.
set -euo pipefail
cd "$(dirname "$0")/.."
tool=$1 crate=$2
shift 2

# mutants OUT LIMIT ARGUMENTS -- those of the tests. That mutants lived is no failure here.
mutants() {
    local out=$1 limit=$2
    shift 2
    rm -rf "$out"
    mkdir -p "$out"
    "$tool" mutants --package "$crate" --profile mutants --cap-lints true --no-shuffle --output "$out" \
        --minimum-test-timeout "$limit" "$@" || case $? in 2 | 3) ;; *) return 1 ;; esac
}

# Their cases are counted in thousands and millions, or they wait.
case $crate in
sgdma) slow='random_programs a_million_random_buffers twenty_thousand_random_copies cut_differently a_seeded_tenth' ;;
shell) slow='every_length_up random_bytes random_keys whatever_is_typed never_asks a_wrong_byte the_demo_gives random_moves' ;;
*) slow='' ;;
esac
skips=()
for test in $slow; do skips+=("--skip=$test"); done

first=() second=()
if [ "$crate" = sgdma ]; then
    # Most are caught by these; only what is not meets the others. (Not the compile-fail tests, which run nothing.)
    first=(--features alloc --cargo-arg=--lib --cargo-arg=--test=chain)
    second=("${first[@]}")
    for test in engine_faults engine_states engine_ways examples full_heap map_on_model on_model stamped words; do
        second+=("--cargo-arg=--test=$test")
    done
fi
out=target/mutants
mutants $out 20 "${first[@]}" "$@" -- -- "${skips[@]}"
missed=$out/mutants.out/missed.txt
count() { cat "$out/mutants.out/$1.txt" | wc -l; }
caught=$(($(count caught) + $(count timeout))) late=$(count timeout)
cp "$missed" target/mutants.missed
if [ "$crate" = sgdma ] && [ -s "$missed" ]; then
    again=()
    while read -r name; do
        again+=(-f "${name%%:*}" --re "^$(sed 's/[][\.*^$+?(){}|]/\\&/g' <<<"$name")\$")
    done <"$missed"
    out=target/mutants.again
    mutants $out 60 "${second[@]}" "${again[@]}" -- -- "${skips[@]}"
    # Of those that delete a field the tool takes all of a file, whatever it was asked for.
    grep -Fxf "$out/mutants.out/missed.txt" "$missed" >target/mutants.missed || true
    caught=$((caught + $(wc -l <"$missed") - $(wc -l <target/mutants.missed)))
fi
lived=$(wc -l <target/mutants.missed)
viable=$((caught + lived))
[ "$viable" != 0 ] || { echo "error: no mutant was viable" >&2; exit 1; }
cat target/mutants.missed
echo "$crate: $viable viable, $caught caught ($late of them by a time limit), $((1000 * caught / viable / 10)).$((1000 * caught / viable % 10)) %"
