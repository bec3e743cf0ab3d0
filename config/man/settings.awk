# The settings of the commented example as entries of a manual page: one source for both.
#
# A block of the example is comment lines ("# text") and then its settings ("key = value", with # directly
# before it where it is optional); an empty line ends it. Blocks without a setting are about the file.
function roff(s) {
    gsub(/\\/, "\\e", s)
    gsub(/-/, "\\-", s)
    return s
}
function flush_block(   i) {
    for (i = 1; i <= keys; i++)
        printf "%s\n\\fB%s\\fR = %s\n", i == 1 ? ".TP" : ".TQ", roff(name[i]), roff(value[i])
    for (i = 1; i <= lines && keys > 0; i++)
        print (text[i] ~ /^[.']/ ? "\\&" : "") roff(text[i])
    lines = keys = 0
}
/^# / { text[++lines] = substr($0, 3); next }
/^#?[a-z_]+ = / {
    sub(/^#/, "")
    if (keys > 0 && name[keys] == $1)
        next # a list: one example will do
    name[++keys] = $1
    value[keys] = substr($0, length($1) + 4)
    next
}
{ flush_block() }
END { flush_block() }
