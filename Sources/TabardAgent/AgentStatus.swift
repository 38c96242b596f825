import TabardAgentProtocol
import TabardCache
import TabardCore
import TabardJSON

/// What `agent status` tells: no secret, and no identity but as the cache's own marks.
struct AgentStatus {
    let socket: String
    let process: Int32
    let user: UInt32
    let startedAt: UTCTime
    let now: UTCTime
    let configuration: String
    let setup: String
    let providers: [String]
    let complaints: [String]
    let reloads: ReloadCounts
    let questions: QuestionCounts
    let waiting: Int
    let threads: Int
    let counts: CacheCounts
    let entries: [CacheEntryState]

    /// The bytes that go to the client.
    var json: Secret {
        var json = JSONWriter()
        json.object { json in
            json.field("version", Release.version)
            json.field("protocol", AgentFrame.version)
            json.field("socket", socket)
            json.field("process", process)
            json.field("user", user)
            json.field("started", startedAt.rfc3339)
            json.field("uptimeSeconds", max(0, now.unixSeconds - startedAt.unixSeconds))
            json.field("configuration", configuration)
            json.field("setup", setup)
            json.field("providers", providers)
            json.field("complaints", complaints)
            json.object("reloads") { json in
                json.field("succeeded", reloads.succeeded)
                json.field("failed", reloads.failed)
                if let failure = reloads.lastFailure {
                    json.field("lastFailure", failure.description)
                } else {
                    json.nullField("lastFailure")
                }
            }
            json.object("questions") { json in
                json.field("total", questions.total)
                for (outcome, count) in questions.outcomes { json.field(outcome, count) }
            }
            json.field("waiting", waiting)
            json.field("threads", threads)
            json.object("cache") { json in
                json.field("hits", counts.hits)
                json.field("misses", counts.misses)
                json.field("joined", counts.joined)
                json.field("refreshes", counts.refreshes)
                json.field("staleServed", counts.staleServed)
                json.field("refusals", counts.refusals)
                json.field("fetches", counts.providers.values.reduce(0) { $0 + $1.fetches })
            }
            json.array("entries") { json in for entry in entries { json.object { write(entry, to: &$0) } } }
        }
        return json.finish()
    }

    private func write(_ entry: CacheEntryState, to json: inout JSONWriter) {
        json.field("provider", entry.provider)
        json.field("scope", entry.scope.rawValue)
        json.field("name", entry.name)
        json.field("identity", entry.identity)
        json.field("state", entry.word.rawValue)
        json.field("entries", entry.entryCount)
        seconds("expiresInSeconds", entry.expiresIn, to: &json)
        seconds("refreshInSeconds", entry.refreshIn, to: &json)
        json.field("used", entry.isUsed)
        json.field("waiters", entry.waiters)
        if let failure = entry.lastFailure { json.field("lastFailure", failure) } else { json.nullField("lastFailure") }
    }

    private func seconds(_ key: String, _ duration: Duration?, to json: inout JSONWriter) {
        if let duration { json.field(key, duration.wholeNanoseconds / 1_000_000_000) } else { json.nullField(key) }
    }
}
