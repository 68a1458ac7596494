#!/usr/bin/env bash
# The step of action.yml: installs the program, starts the emulator, and exports its address and
# ids. The emulator runs until the job ends.
set -euo pipefail

from=${INPUT_FROM:-https://github.com/cognito-mcp/cognito-mcp/releases/download/v$INPUT_VERSION}
folder=$RUNNER_TEMP/cognito-mcp
log=$folder/emulator.log
mkdir -p "$folder"

curl --fail --silent --show-error --location --retry 3 --output "$folder/install.sh" "$from/install.sh"
sh "$folder/install.sh" --from "$from" --to "$folder"
echo "$folder" >> "$GITHUB_PATH"

flags=(--port "$INPUT_PORT" --log requests)
if [ -n "$INPUT_SEED_FILE" ]; then
    flags+=(--seed-file "$INPUT_SEED_FILE")
fi
environment=()
if [ -n "$INPUT_REGION" ] || [ -z "$INPUT_SEED_FILE" ]; then
    flags+=(--region "${INPUT_REGION:-us-east-1}")
else
    # The Region of the pools applies, not that of the job.
    environment=(env -u AWS_REGION -u AWS_DEFAULT_REGION)
fi
# Words of the input, as on a command line.
read -ra more <<< "$INPUT_ARGS"
nohup ${environment[@]+"${environment[@]}"} "$folder/cognito-mcp" emulator "${flags[@]}" ${more[@]+"${more[@]}"} < /dev/null > /dev/null 2> "$log" &
server=$!

endpoint=http://127.0.0.1:$INPUT_PORT
for second in {1..30}; do
    answers=true
    "$folder/cognito-mcp" health --endpoint-url "$endpoint" --wait 1 2> /dev/null || answers=false
    # An emulator that refuses its flags ends at once. Another program may answer at the port.
    if ! kill -0 "$server" 2> /dev/null || { [ "$answers" = false ] && [ "$second" = 30 ]; }; then
        echo "::error::The emulator did not start: $(head -n 5 "$log")"
        exit 1
    fi
    [ "$answers" = false ] || break
done

pools=$("$folder/cognito-mcp" export --endpoint-url "$endpoint" --format json --without users,secrets,dates |
    jq --compact-output '[.UserPools[] | {Id, PoolName, UserPoolClients: [(.UserPoolClients // [])[] | {ClientId, ClientName}]}]')
pool=$(jq --raw-output '.[0].Id // ""' <<< "$pools")
client=$(jq --raw-output '.[0].UserPoolClients[0].ClientId // ""' <<< "$pools")
region=${INPUT_REGION:-${pool%%_*}}
region=${region:-us-east-1}

{
    echo "endpoint=$endpoint"
    echo "user-pool-id=$pool"
    echo "client-id=$client"
    echo "pools=$pools"
    echo "log=$log"
} >> "$GITHUB_OUTPUT"

{
    echo "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER=$endpoint"
    echo "COGNITO_USER_POOL_ID=$pool"
    echo "COGNITO_CLIENT_ID=$client"
    # A job that uses AWS too keeps its credentials and its Region.
    [ -n "${AWS_ACCESS_KEY_ID:-}" ] || printf 'AWS_ACCESS_KEY_ID=any\nAWS_SECRET_ACCESS_KEY=any\n'
    [ -n "${AWS_REGION:-}" ] || printf 'AWS_REGION=%s\nAWS_DEFAULT_REGION=%s\n' "$region" "$region"
} >> "$GITHUB_ENV"
