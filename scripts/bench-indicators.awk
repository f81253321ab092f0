# Joins the lines `RESULT name=indicator_own_F` (columns), `RESULT name=indicator_bars_F` (the same as a run of bars) and
# `RESULT name=indicator_library_F` of scripts/bench.sh into one table, the worst first, and prints what is made of all of them as
# RESULT lines. A function's time is the least of its rounds. Lines `indicator_update_` pass, the least of each.

{
    split($2, name, "="); split($3, value, "=")
    if (name[2] ~ /^indicator_update_/) {
        if (!(name[2] in updates) || value[2] + 0 < updates[name[2]]) updates[name[2]] = value[2] + 0
        unit[name[2]] = $4
        next
    }
    side = name[2] ~ /^indicator_own_/ ? "own" : name[2] ~ /^indicator_bars_/ ? "bars" : "library"
    sub(/^indicator_(own|bars|library)_/, "", name[2])
    if (!((side, name[2]) in best) || value[2] + 0 < best[side, name[2]]) best[side, name[2]] = value[2] + 0
    if (!(name[2] in seen)) { seen[name[2]] = 1; names[++count] = name[2] }
}

END {
    for (i = 1; i <= count; i++)
        if (("own", names[i]) in best && ("library", names[i]) in best) {
            both[++rows] = names[i]
            ratio[rows] = best["library", names[i]] / best["own", names[i]]
            own += log(best["own", names[i]]); run += log(best["bars", names[i]]); library += log(best["library", names[i]])
            if (ratio[rows] < 1) slower++
        }
    for (i = 2; i <= rows; i++)
        for (j = i; j > 1 && ratio[j] < ratio[j - 1]; j--) {
            t = ratio[j]; ratio[j] = ratio[j - 1]; ratio[j - 1] = t
            t = both[j]; both[j] = both[j - 1]; both[j - 1] = t
        }
    if (rows == 0) exit
    printf "\n%-60s | %10s | %10s | %-6s | %s\n", "Functions of TA-Lib over 1 M bars", "Penstock", "TA-Lib", "Ratio", "As a run of bars"
    for (i = 1; i <= rows; i++)
        printf "%-60s | %7.2f ns | %7.2f ns | %5.2fx | %7.2f ns\n", substr(both[i], 1, 60), best["own", both[i]], \
            best["library", both[i]], ratio[i], best["bars", both[i]]
    median = rows % 2 ? ratio[(rows + 1) / 2] : (ratio[rows / 2] + ratio[rows / 2 + 1]) / 2
    printf "%d functions or groups of them; median ratio %.2fx, geometric mean %.2fx; slower than TA-Lib: %d\n", \
        rows, median, exp((library - own) / rows), slower
    printf "RESULT name=indicators_mean value=%.3f unit=ns peer=%.3f\n", exp(own / rows), exp(library / rows)
    printf "RESULT name=indicators_of_bars_mean value=%.3f unit=ns peer=%.3f\n", exp(run / rows), exp(library / rows)
    for (name in updates) printf "RESULT name=%s value=%.3f %s\n", name, updates[name], unit[name]
    printf "RESULT name=indicators_slower value=%d unit=of_%d\n", slower, rows
}
