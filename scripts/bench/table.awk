# SPDX-License-Identifier: GPL-2.0
#
# awk -v kernel=NAME -v rounds=N -f table.awk file=cases CASES file=against \
# AGAINST file=results RESULTS: the tables of bench.sh from the lines of
# guest.sh. Exit status 1 when a goal is missed, a result is missing, or results
# differ more than they may.

BEGIN {
	# Between the rounds of one boot, as a fraction.
	spread_max = 0.01
	format = "%-21s %9s %9s %7s %9s  %-8s %s\n"
	against_format = "%-21s %-8s %-20s %7s  %-8s %s\n"
}

function complain(text)
{
	print "bench: " text
	bad = 1
}

# The middle of the n numbers in a list like " 3 1 2", and how far they spread.
function summarise(list,    n, i, j, t, v)
{
	n = split(list, v, " ")
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && v[j - 1] + 0 > v[j] + 0; j--) {
			t = v[j]
			v[j] = v[j - 1]
			v[j - 1] = t
		}
	middle = v[int((n + 1) / 2)]
	count = n
	return n && v[1] > 0 ? v[n] / v[1] - 1 : 0
}

function take(handler, name, wanted,    spread)
{
	spread = summarise(results[handler, name])
	if (count != wanted) {
		complain(name ", " handler ": " count " results, not " wanted)
		return 0
	}
	if (spread > widest) {
		widest = spread
		widest_of = name ", " handler
	}
	return middle
}

# What icmp4 costs as a fraction of something else; 0 if either is not known.
function ratio_of(name, handler, other)
{
	if (!((handler, other) in cost) || !cost[handler, other])
		return 0
	return cost["icmp4", name] / cost[handler, other]
}

function verdict(ratio, goal)
{
	if (goal == "-")
		return ""
	if (ratio && ratio <= goal)
		return "met"
	bad = 1
	return "MISSED"
}

function row(name,    ratio)
{
	ratio = ratio_of(name, "built-in", name)
	printf format, name, cost["built-in", name], cost["icmp4", name],
		sprintf("%.3f", ratio),
		floor[name] == "-" ? "" : cost["built-in", floor[name]],
		goal[name] == "-" ? "" : "<= " goal[name],
		verdict(ratio, goal[name])
}

function row_against(line,    field, ratio)
{
	split(line, field, " ")
	ratio = ratio_of(field[1], field[2], field[3])
	printf against_format, field[1], field[2], field[3],
		sprintf("%.3f", ratio), "<= " field[4],
		verdict(ratio, field[4])
}

/^#/ || !NF { next }

file == "cases" {
	names[++cases] = $1
	floor[$1] = $7
	goal[$1] = kernel == "6.1" ? $8 : "-"
	next
}

file == "against" {
	if (kernel == "6.1")
		against[++comparisons] = $0
	next
}

NF == 3 && ($1 == "built-in" || $1 == "icmp4") {
	results[$1, $2] = results[$1, $2] " " $3
	next
}

{ complain($0) }

END {
	for (i = 1; i <= cases; i++) {
		name = names[i]
		cost["built-in", name] = take("built-in", name, rounds + 1)
		cost["icmp4", name] = take("icmp4", name, rounds)
	}
	printf "Instructions per request, kernel %s:\n\n", kernel
	printf format, "case", "built-in", "icmp4", "ratio", "floor", "goal",
		"verdict"
	for (i = 1; i <= cases; i++)
		row(names[i])
	if (comparisons) {
		printf "\nicmp4 against other cases:\n\n"
		printf against_format, "case", "with", "other case", "ratio",
			"goal", "verdict"
	}
	for (i = 1; i <= comparisons; i++)
		row_against(against[i])
	printf "\n%d rounds in one boot differ by %.2f %% at most (%s), " \
	       "%.0f %% may be: %s\n", rounds, widest * 100, widest_of,
	       spread_max * 100, widest <= spread_max ? "met" : "MISSED"
	exit bad || widest > spread_max
}
