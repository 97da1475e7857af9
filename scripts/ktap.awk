# SPDX-License-Identifier: GPL-2.0
#
# Verify a KTAP document of two levels: every plan is there, has as many
# results as it promised, in order, and no result is "not ok". Prints what is
# wrong and what was skipped, and as the last line "PASSED FAILED SKIPPED",
# counting single tests (a suite only where none of its tests carries its
# verdict).

function wrong(text) { print "wrong: " text }

function level(line) { return line ~ /^    / }

function result(at, line,	bad, skip, number, text) {
	bad = line ~ /^ *not ok/
	skip = toupper(line) ~ /# SKIP/
	text = line
	sub(/^ *(not )?ok /, "", text)
	number = text + 0
	sub(/^[0-9]+ *(- )?/, "", text)
	if (number != ++seen[at])
		wrong("result " seen[at] " has number " number ": " text)
	if (at)
		count(bad, skip, text)
	else
		suite(bad, skip, text)
}

function count(bad, skip, text) {
	if (skip) {
		skipped++
		print "skipped: " name text
	} else if (bad) {
		failed++
		inner_failed++
		print "failed: " name text
	} else {
		passed++
	}
}

function suite(bad, skip, text) {
	if (plans[1] != 1 && !(skip && !seen[1]))
		wrong(text ": " plans[1] + 0 " plans")
	else if (plan[1] != seen[1] + 0)
		wrong(text ": planned " plan[1] ", saw " seen[1] + 0)
	if (inner_failed && !bad)
		wrong(text ": ok in spite of a failed test")
	name = ""
	if (!seen[1] || (bad && !inner_failed))
		count(bad, skip, text)
	plans[1] = seen[1] = inner_failed = 0
	name = ""
}

/^    # Subtest: / { name = $3 ": " }

/^(    )?1\.\.[0-9]+/ {
	at = level($0)
	plans[at]++
	split($1, part, "[.][.]")
	plan[at] = part[2] + 0
}

/^(    )?(not )?ok [0-9]/ { result(level($0), $0) }

/^ *Bail out!/ { wrong($0) }

END {
	if (plans[0] != 1)
		wrong(plans[0] + 0 " plans in all")
	else if (plan[0] != seen[0] + 0)
		wrong("planned " plan[0] " suites, saw " seen[0] + 0)
	else if (!seen[0])
		wrong("no suites")
	print passed + 0, failed + 0, skipped + 0
}
