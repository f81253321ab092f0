"""Writes penstock(1) and a page for each command from the program's own description of its command line.

man-pages.py FOLDER VERSION DATE, the output of `penstock --experimental-dump-help` on standard input. Pages are mdoc, which man-db
and mandoc read. A command with commands of its own and each of these have pages: penstock-plugins(1), penstock-plugins-install(1).
"""

import json
import os
import sys

FOLDER, VERSION, DATE = sys.argv[1:4]


def text(words):
    """Text for roff: no line begins a request, no character is one of its own."""
    words = words.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga").replace("'", "\\(aq").replace('"', "\\(dq")
    return "\n".join("\\&" + line if line.startswith(".") else line for line in words.split("\n"))


def paragraphs(words):
    return "\n.Pp\n".join(text(" ".join(block.split())) for block in words.split("\n\n"))


def flag(name):
    return f"-{name['name']}" if name["kind"] == "long" else name["name"]


def shown(command, key):
    return [entry for entry in command.get(key, []) if entry.get("shouldDisplay", True)]


def subcommands(command):
    return [entry for entry in shown(command, "subcommands") if entry["commandName"] != "help"]


def names(argument):
    return [flag(name) for name in argument.get("names", [])]


def macro(argument):
    """An argument as mdoc has it: Fl of an option, Ar of a value."""
    value = text(argument.get("valueName", ""))
    if argument["kind"] == "positional":
        return f"Ar {value}"
    word = f"Fl {text(flag(argument['preferredName']))}"
    return word if argument["kind"] == "flag" else f"{word} Ar {value}"


def synopsis(path, command):
    lines = [f".Nm {path[0]}" + "".join(f" Cm {text(word)}" for word in path[1:])]
    for argument in shown(command, "arguments"):
        repeated = " ..." if argument["isRepeating"] else ""
        lines.append(f".Op {macro(argument)}{repeated}" if argument["isOptional"] else f".{macro(argument)}{repeated}")
    if subcommands(command):
        lines.append(".Ar command")
    return lines


def option(argument):
    if argument["kind"] == "positional":
        head = f".It Ar {text(argument['valueName'])}"
    else:
        value = "" if argument["kind"] == "flag" else f" Ar {text(argument.get('valueName', ''))}"
        head = ".It " + " , ".join(f"Fl {text(name)}" for name in names(argument)) + value
    words = [argument.get("abstract", "")]
    if argument.get("allValues"):
        words.append(f"One of {', '.join(argument['allValues'])}.")
    if argument.get("defaultValue"):
        words.append(f"Default: {argument['defaultValue']}.")
    return [head, paragraphs(" ".join(word for word in words if word))]


def page(path, command):
    name = "-".join(path)
    lines = [f".Dd {DATE}", f".Dt {name.upper()} 1", f".Os penstock {VERSION}", ".Sh NAME", f".Nm {name}"]
    lines += [f".Nd {text(command['abstract'].rstrip('.'))}", ".Sh SYNOPSIS", *synopsis(path, command)]
    if command.get("discussion"):
        lines += [".Sh DESCRIPTION", paragraphs(command["discussion"])]
    for title, positional in (("ARGUMENTS", True), ("OPTIONS", False)):
        own = [entry for entry in shown(command, "arguments") if (entry["kind"] == "positional") == positional]
        if own:
            lines += [f".Sh {title}", ".Bl -tag -width Ds", *(line for entry in own for line in option(entry)), ".El"]
    below = subcommands(command)
    if below:
        lines += [".Sh COMMANDS", ".Bl -tag -width Ds"]
        for entry in below:
            lines += [f".It Xr {'-'.join([*path, entry['commandName']])} 1", paragraphs(entry["abstract"])]
        lines.append(".El")
    lines += [".Sh EXIT STATUS", "0 all right, 1 a fault at run time, 2 the configuration or the command line, 3 what is around the program."]
    if len(path) > 1:
        lines += [".Sh SEE ALSO", f".Xr {'-'.join(path[:-1])} 1"]
    else:
        lines += [".Sh FILES", ".Bl -tag -width Ds", ".It Pa plugins.yaml", "The manifest: what runs, and how.", ".El"]
    with open(os.path.join(FOLDER, f"{name}.1"), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    for entry in below:
        page([*path, entry["commandName"]], entry)


page(["penstock"], json.load(sys.stdin)["command"])
