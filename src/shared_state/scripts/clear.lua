-- Forgets all values of a table.
-- KEYS: owners
-- ARGV: the ending of the keys with sizes
for _, uses in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  for _, key in ipairs(redis.call('ZRANGE', uses, 0, -1)) do redis.call('DEL', key) end
  redis.call('DEL', uses, uses .. ARGV[1])
end
redis.call('DEL', KEYS[1])
return 1
