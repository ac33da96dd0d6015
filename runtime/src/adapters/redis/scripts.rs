//! What runs on the server: one script for each verb that reads before it writes, so that the verb is one step and one
//! round trip. Pure: text, its hash, and commands made of them.
//!
//! Deadlines are counted on the server's clock, here and nowhere else. Numbers of Lua are doubles, which hold milliseconds
//! since 1970 exactly; *never* does not fit one and is compared as bytes, and counters are added by `INCRBY`.

use std::sync::LazyLock;

use redis::Cmd;

use crate::adapter::{Token, layout};

/// What the scripts share. A head is what [`crate::adapter::Head`] is read from, or false where there is no entry: nothing, or what
/// another program has put under the key. An entry's state is `live`, `expired`, or nil for all that is not there: no head, or one
/// of another epoch.
///
/// Once a second claim shares a permit, the ids of all that do are noted beside it, behind its token, which tells them from those of
/// an earlier permit: what is left of these is no harm. Before that the one in the token is all there is. The note's key is made
/// of the permit's, which is in its slot, so that no command has to name it; where it cannot be written (no room, a slot that is on
/// its way), a release may void the permit for others: their fills are refused, as if it had been evicted.
const PRELUDE: &str = r"
local NEVER, NONE = string.rep('\255', 8), string.rep('\0', 8)

local function clock()
    local time = redis.call('TIME')
    return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function head_of(key)
    local head = redis.pcall('GETRANGE', key, 0, HEAD_END - 1)
    return type(head) == 'string' and #head == HEAD_END and head
end

local function state(head, namespace, template, now)
    if not head or head:sub(NAMESPACE_AT + 1, NAMESPACE_AT + 8) ~= namespace then return nil end
    local own = head:sub(TEMPLATE_AT + 1, TEMPLATE_AT + 8)
    if template ~= '' and own ~= NONE and own ~= template then return nil end
    local deadline = head:sub(DEADLINE_AT + 1, DEADLINE_AT + 8)
    if deadline == NEVER or struct.unpack('<I8', deadline) > now then return 'live' end
    return 'expired'
end

local function record(key)
    local record = redis.pcall('GET', key)
    return type(record) == 'string' and record
end

local function deadline(timeout, now)
    if timeout == '' then return NEVER end
    return struct.pack('<I8', now + timeout)
end

local function store(key, head, tail, timeout, kept, now)
    local record = head .. deadline(timeout, now) .. tail
    if kept == '' then redis.call('SET', key, record) else redis.call('SET', key, record, 'PX', kept) end
end

local function epoch(name, made)
    local epoch = record(name)
    if epoch and #epoch == 8 then return epoch end
    redis.call('UNLINK', name)
    redis.call('SET', name, made)
    return made
end

local function holders(permit, token)
    local noted = record(permit .. '!h')
    return noted and noted:sub(1, 16) == token and noted:sub(17) or token:sub(1, 8)
end

local function note(permit, token, holders)
    redis.pcall('SET', permit .. '!h', token .. holders, 'PX', LIFETIME)
end

local function void(permit)
    redis.call('UNLINK', permit)
    redis.pcall('UNLINK', permit .. '!h')
end
";

/// Key, permit, and the names of epochs; the known epochs of namespace and template, the claim's id, how it claims (1: a fresh permit,
/// 0: one of epochs that agree may be shared, 2: any may), and for each name the epoch that it gets if it has none. Where there are
/// no names, the epochs themselves. Answers token or nil, record or nil, the time, and the epochs of the names.
///
/// A token is the id of the claim that made it, and of each of its epochs as much as [`crate::adapter::Token`] says.
const PERMIT: &str = r"
local now, token, epochs, tag = clock(), false, {}, ''
for i = 5, #ARGV do
    epochs[#epochs + 1] = #KEYS > 2 and epoch(KEYS[i - 2], ARGV[i]) or ARGV[i]
end
for i = 2, #epochs do
    tag = tag .. epochs[i]:sub(1, math.max(1, math.floor(4 / (#epochs - 1))))
end
tag = ((epochs[1] or NONE):sub(1, 4) .. tag .. NONE):sub(1, 8)
local function agrees(other)
    local own_rest, other_rest, none = tag:sub(5), other:sub(5), NONE:sub(1, 4)
    return tag:sub(1, 4) == other:sub(1, 4) and (own_rest == other_rest or own_rest == none or other_rest == none)
end
local fresh = ARGV[4] == '1'
if fresh or state(head_of(KEYS[1]), ARGV[1], ARGV[2], now) ~= 'live' then
    token = record(KEYS[2])
    if fresh or not token or #token ~= 16 or ARGV[4] == '0' and not agrees(token:sub(9)) then
        token = ARGV[3] .. tag
        redis.call('SET', KEYS[2], token, 'PX', LIFETIME)
    else
        note(KEYS[2], token, holders(KEYS[2], token) .. ARGV[3])
    end
end
return {token, record(KEYS[1]), now, unpack(#KEYS > 2 and epochs or {})}
";

/// Key, permit; token, the claim's id, 1 if what stands under the key is to go. Answers 1 if the permit was there.
const RELEASE: &str = r"
local token, left = ARGV[1], ''
if record(KEYS[2]) ~= token then return 0 end
if ARGV[3] == '1' then redis.call('UNLINK', KEYS[1]) end
local holders = holders(KEYS[2], token)
for i = 1, #holders, 8 do
    local holder = holders:sub(i, i + 7)
    if holder ~= ARGV[2] then left = left .. holder end
end
if left == '' then
    void(KEYS[2])
elseif left ~= holders then
    note(KEYS[2], token, left)
end
return 1
";

/// Key, permit; record before and after its deadline, timeout, how long it is kept, condition with its one or two
/// arguments. Answers 1 if it stored.
const PUT: &str = r"
local now = clock()
if ARGV[5] == 'absent' and state(head_of(KEYS[1]), ARGV[6], ARGV[7], now) == 'live' then return 0 end
if ARGV[5] == 'permit' and record(KEYS[2]) ~= ARGV[6] then return 0 end
store(KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], now)
void(KEYS[2])
return 1
";

/// Key and permit, again and again. Answers the time, and for each key the head of what stood there, or nil.
const REMOVE: &str = r"
local answers = {clock()}
for i = 1, #KEYS, 2 do
    answers[#answers + 1] = head_of(KEYS[i])
    redis.call('UNLINK', KEYS[i])
    void(KEYS[i + 1])
end
return answers
";

/// Key; epochs, timeout, how long it is kept. Answers the record, or nil. What needs no room goes first, as in `EPOCHS`.
const TOUCH: &str = r"
local now = clock()
if not state(head_of(KEYS[1]), ARGV[1], ARGV[2], now) then return false end
if ARGV[4] == '' then redis.call('PERSIST', KEYS[1]) else redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
redis.call('SETRANGE', KEYS[1], DEADLINE_AT, deadline(ARGV[3], now))
return redis.call('GET', KEYS[1])
";

/// Key, permit, a key to add in; delta, epochs, and what `PUT` takes to store a counter that is not there. Answers the sum
/// as text, or `type` or `range`; or the time and the head of an entry whose template was not asked for.
const INCREMENT: &str = r"
local now, head = clock(), head_of(KEYS[1])
local sum = ARGV[1]
if state(head, ARGV[2], ARGV[3], now) == 'live' then
    if ARGV[3] == '' and head:sub(TEMPLATE_AT + 1, TEMPLATE_AT + 8) ~= NONE then return {now, head} end
    if head:sub(CODEC_AT + 1, CODEC_AT + 1) ~= INTEGER or redis.call('STRLEN', KEYS[1]) > PAYLOAD_AT + 20 then return 'type' end
    local counter = redis.call('GETRANGE', KEYS[1], PAYLOAD_AT, -1)
    redis.call('SET', KEYS[3], counter, 'PX', 1000)
    local added = redis.pcall('INCRBY', KEYS[3], ARGV[1])
    sum = redis.call('GET', KEYS[3])
    redis.call('UNLINK', KEYS[3])
    if type(added) == 'table' then return counter:find('^%-?[1-9]%d*$') and 'range' or 'type' end
    head = redis.call('GETRANGE', KEYS[1], 0, PAYLOAD_AT - 1)
    redis.call('SET', KEYS[1], head:sub(1, FLAGS_AT) .. COUNTED .. head:sub(FLAGS_AT + 2) .. sum, 'KEEPTTL')
else
    store(KEYS[1], ARGV[4], ARGV[5], ARGV[6], ARGV[7], now)
end
void(KEYS[2])
return sum
";

/// Names; for each the epoch that it gets if it has none. Answers the epochs. A full server refuses what needs room, but not in a
/// script that has begun with what needs none: a few bytes for each function are not worth that nothing can be read any more.
const EPOCHS: &str = r"
local epochs = {}
for i, name in ipairs(KEYS) do epochs[i] = epoch(name, ARGV[i]) end
return epochs
";

/// Keys; how many epochs are said to be replaced, these, and others that were found to be. Removes what carries one of the first, and
/// records of this release that carry one of the others; and answers how many: looked at and removed in one step, as another may have
/// stored a fresh entry since the walk came by. Of the other records it answers what tells of which epochs they are, each kind once.
const SWEEP: &str = r"
local replaced, found, answer, met = {}, {}, {0}, {}
for i = 2, #ARGV do
    local epochs = i - 1 <= tonumber(ARGV[1]) and replaced or found
    epochs[ARGV[i]] = true
end
for _, key in ipairs(KEYS) do
    local head = head_of(key)
    local is_record = head and head:sub(1, #BEGINNING) == BEGINNING
    local function is_dead(at)
        local epoch = head:sub(at + 1, at + 8)
        return replaced[epoch] or is_record and found[epoch]
    end
    if head and (is_dead(NAMESPACE_AT) or is_dead(TEMPLATE_AT)) then
        answer[1] = answer[1] + redis.call('UNLINK', key)
    elseif is_record then
        local kind = head:sub(NAMESPACE_AT + 1)
        if not met[kind] then answer[#answer + 1] = kind end
        met[kind] = true
    end
end
return answer
";

/// All there are.
pub(super) static SCRIPTS: LazyLock<Scripts> = LazyLock::new(|| Scripts {
    permit: Script::new(PERMIT),
    release: Script::new(RELEASE),
    put: Script::new(PUT),
    remove: Script::new(REMOVE),
    touch: Script::new(TOUCH),
    increment: Script::new(INCREMENT),
    epochs: Script::new(EPOCHS),
    sweep: Script::new(SWEEP),
});

pub(super) struct Scripts {
    pub(super) permit: Script,
    pub(super) release: Script,
    pub(super) put: Script,
    pub(super) remove: Script,
    pub(super) touch: Script,
    pub(super) increment: Script,
    pub(super) epochs: Script,
    pub(super) sweep: Script,
}

impl Scripts {
    /// What makes a server know them.
    pub(super) fn load(&self) -> Vec<Cmd> {
        let Self { permit, release, put, remove, touch, increment, epochs, sweep } = self;
        [permit, release, put, remove, touch, increment, epochs, sweep].map(Script::load).into()
    }
}

/// A head goes so far.
pub(super) const HEAD_END: usize = layout::TEMPLATE.end;

pub(super) struct Script {
    text: String,
    hash: String,
}

/// Where a record's parts stand, counted from 0.
fn places() -> String {
    use layout::{BEGINNING, CODEC, COUNTED, DEADLINE, FLAGS, INTEGER, NAMESPACE_EPOCH, PAYLOAD, TEMPLATE_EPOCH};
    let counter = format!(
        "local PAYLOAD_AT, FLAGS_AT, COUNTED, CODEC_AT, INTEGER = {PAYLOAD}, {FLAGS}, string.char({COUNTED}), {CODEC}, string.char({INTEGER})"
    );
    let (lifetime, beginning) = (Token::LIFETIME.as_millis(), BEGINNING.map(|byte| byte.to_string()).join(", "));
    format!(
        "local LIFETIME, BEGINNING = {lifetime}, string.char({beginning})\nlocal DEADLINE_AT, NAMESPACE_AT, TEMPLATE_AT, HEAD_END = {}, {}, {}, {HEAD_END}\n{counter}",
        DEADLINE.start, NAMESPACE_EPOCH.start, TEMPLATE_EPOCH.start,
    )
}

impl Script {
    fn new(text: &str) -> Self {
        let text = format!("{}{PRELUDE}{text}", places());
        let hash = redis::Script::new(&text).get_hash().to_owned();
        Self { text, hash }
    }

    fn load(&self) -> Cmd {
        let mut command = redis::cmd("SCRIPT");
        command.arg("LOAD").arg(&self.text);
        command
    }

    /// Runs it on `keys`; its arguments are added to the command.
    pub(super) fn on<'a>(&self, keys: impl IntoIterator<Item = &'a str, IntoIter: ExactSizeIterator>) -> Cmd {
        let keys = keys.into_iter();
        let mut command = redis::cmd("EVALSHA");
        command.arg(&self.hash).arg(keys.len());
        for key in keys {
            command.arg(key);
        }
        command
    }
}
