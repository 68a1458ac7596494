-- Reads a document, the time in milliseconds, and the run of the store.
-- KEYS: document
local t = redis.call('TIME')
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
return {redis.call('GET', KEYS[1]), t[1] * 1000 + math.floor(t[2] / 1000), run}
