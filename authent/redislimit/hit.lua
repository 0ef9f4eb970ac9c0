-- Adds one to the counter KEYS[1]. ARGV: now, and when a window that starts now ends, in
-- Unix milliseconds; for how many milliseconds a new counter is kept. Returns the count
-- and when its window ends.
local ends = tonumber(redis.call('HGET', KEYS[1], 'ends'))
if not ends or tonumber(ARGV[1]) >= ends then
  redis.call('HSET', KEYS[1], 'count', 1, 'ends', ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  return {1, tonumber(ARGV[2])}
end
return {redis.call('HINCRBY', KEYS[1], 'count', 1), ends}
