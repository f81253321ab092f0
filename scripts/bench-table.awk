# Joins values, reasons and row definitions (scripts/bench.sh) into one aligned table. Rows not measured are left out.
#
#   values   product|peer|unit  |  name  |  value     one line per round; the table has their median
#   reasons  product|peer       |  name  |  why there is no value, or why it is not clean
#   rows     name | title | unit | peer | rule | bound

BEGIN { FS = "|" }

function median(list,    v, n, i, j, t) {
    n = split(list, v, " ")
    for (i = 2; i <= n; i++)
        for (j = i; j > 1 && v[j] + 0 < v[j - 1] + 0; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
    return n % 2 ? v[(n + 1) / 2] + 0 : (v[n / 2] + v[n / 2 + 1]) / 2
}

# Three digits below 1, 2 decimals below 100, thousands separators above.
function plain(x,    s, out) {
    if (x < 1 && x != int(x)) return sprintf("%.3g", x)
    if (x < 100 && x != int(x)) return sprintf("%.2f", x)
    s = sprintf("%.0f", x)
    while (length(s) > 3) { out = "," substr(s, length(s) - 2) out; s = substr(s, 1, length(s) - 3) }
    return s out
}

function with_unit(x, unit) { return unit == "" ? plain(x) : plain(x) " " unit }

function target_text(rule, bound, unit) {
    if (rule == "ge") return ">= " with_unit(bound, unit)
    if (rule == "le") return "<= " with_unit(bound, unit)
    if (rule == "lt") return "< " with_unit(bound, unit)
    if (rule == "times") return ">= " bound "x the peer"
    if (rule == "better") return "better than the peer"
    return "-"
}

function verdict(rule, bound, value, ratio) {
    if (value == "") return "not measured"
    if (rule == "") return "-"
    if (rule == "ge") return value >= bound ? "yes" : "NO"
    if (rule == "le") return value <= bound ? "yes" : "NO"
    if (rule == "lt") return value < bound ? "yes" : "NO"
    if (ratio == "") return "no peer"
    if (rule == "times") return ratio >= bound ? "yes" : "NO"
    return ratio > 1 ? "yes" : "NO"
}

function peer_text(name, unit, label, other) {
    if (other == "") return ("peer", name) in why ? "none: " why["peer", name] : "-"
    return with_unit(other, unit) (label == "" ? "" : " (" label ")")
}

# The ratio says how many times better Penstock is: more of a rate, less of anything else.
function add(name, title, unit, label, rule, bound,    value, other, ratio) {
    if (!(("product", name) in list) && !(("product", name) in why)) return
    value = other = ratio = ""
    if (("product", name) in list) value = median(list["product", name])
    if (("peer", name) in list) other = median(list["peer", name])
    if (value != "" && other != "" && value > 0 && other > 0)
        ratio = unit ~ /\/s$/ ? value / other : other / value
    put(title, value == "" ? "-" : with_unit(value, unit), peer_text(name, unit, label, other), \
        ratio == "" ? "-" : sprintf("%.1fx", ratio), target_text(rule, bound, unit), verdict(rule, bound, value, ratio))
}

function put(a, b, c, d, e, f,    i) {
    lines++
    cell[lines, 1] = a; cell[lines, 2] = b; cell[lines, 3] = c; cell[lines, 4] = d; cell[lines, 5] = e; cell[lines, 6] = f
    for (i = 1; i <= 6; i++) if (length(cell[lines, i]) > width[i]) width[i] = length(cell[lines, i])
}

function print_line(r,    i, line) {
    for (i = 1; i <= 6; i++) line = line sprintf("%-" width[i] "s", cell[r, i]) (i < 6 ? " | " : "")
    sub(/ +$/, "", line)
    print line
    if (r == 1) { gsub(/[^|]/, "-", line); print line }
}

FILENAME ~ /values$/ {
    if ($1 == "unit") { units[$2] = $3; next }
    list[$1, $2] = list[$1, $2] " " $3
    if ($1 == "product" && !($2 in seen)) { seen[$2] = 1; names[++count] = $2 }
    next
}
FILENAME ~ /reasons$/ { why[$1, $2] = $3; next }
{ known[$1] = 1; row[++rows] = $0 }

END {
    put("Benchmark", "Penstock", "Peer", "Ratio", "Target", "Met?")
    for (r = 1; r <= rows; r++) { split(row[r], c, "|"); add(c[1], c[2], c[3], c[4], c[5], c[6] + 0) }
    for (i = 1; i <= count; i++) if (!(names[i] in known)) add(names[i], names[i], units[names[i]], "", "", 0)
    for (r = 1; r <= lines; r++) print_line(r)
}
