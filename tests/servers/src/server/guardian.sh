# Runs one server and ends it when nobody uses it any more, however the users ended.
#
#   guardian.sh FOLDER GRACE COMMAND...
#
# Each using process holds a shared lock on FOLDER/lease, which the system takes away when the process ends, by SIGKILL
# too. Whoever gets the exclusive lock therefore knows that there is no user left. GRACE seconds later, with still no
# user, the server is killed and FOLDER deleted. A server that ends by itself leaves its folder as it is.
#
# This shell leads a session of its own: no signal for the tests' terminal or process group reaches the server, and at
# the end everything that was started here can be ended together.
folder=$1 grace=$2
shift 2
lease=$folder/lease

"$@" &
server=$!
echo "$server" >"$folder/pid.part" && mv "$folder/pid.part" "$folder/pid"

{
    while flock --exclusive "$lease" true; do
        sleep "$grace"
        # The mark is made under the lock: whoever joins afterwards sees it, even while the server is still dying.
        if flock --exclusive --nonblock "$lease" \
            sh -c 'touch "$1/abandoned"; kill -s KILL "$2"' sh "$folder" "$server"; then
            exit
        fi
    done
    # The lease cannot be opened: somebody deleted the folder, and the server is of no use without it.
    kill -s KILL "$server"
} &

wait "$server"
if [ -e "$folder/abandoned" ]; then
    rm -rf "$folder"
fi
kill -s KILL 0
