import TabardCache
import TabardCore

extension Fleet {
    /// A pull looks for a credential.
    func begin(_ pull: Pull) {
        let node = pull.node
        // A restart ended those that were wanted before.
        guard nodes[node].bootedAt <= pull.wantedAt else { return }
        if nodes[node].isAsleep(now) { return queue.add(.pull(pull), at: nodes[node].asleepUntil + second) }
        if strategy != .agent, let kept = nodes[node].kept[pull.source], now <= kept.until { return present(kept.token, pull) }
        if strategy == .kubelet { return start(pull) }
        let step = nodes[node].table.ask(
            keys[pull.source][pull.image], until: .max, now: nodes[node].moment(now), fetch: Self.fetch)
        switch step {
        case .serve(let reply): take(reply, pull)
        case .fail: fail(pull)
        case .wait(let flight, _, _): nodes[node].waiting[flight, default: []].append(pull)
        }
        settle(node)
    }

    /// Begins the flights whose turn has come, and sets the one timer.
    func settle(_ node: Int) {
        guard strategy != .kubelet else { return }
        if nodes[node].isAsleep(now) { return queue.add(.wake(node: node), at: nodes[node].asleepUntil) }
        for flight in nodes[node].table.takeReady(now: nodes[node].moment(now)) {
            let source = Int(String(flight.key.provider.dropFirst(6))) ?? 0
            launch(node, source, .flight(flight))
        }
        guard let next = nodes[node].table.nextMoment else { return }
        let time = max(now + 1, next + nodes[node].bootedAt)
        guard time < nodes[node].wakesAt else { return }
        nodes[node].wakesAt = time
        queue.add(.wake(node: node), at: time)
    }

    /// The agent answers.
    private func take(_ reply: ProviderReply, _ pull: Pull) {
        guard let entry = reply.entries.first, let token = Int(entry.username) else { return fail(pull) }
        if strategy == .both {
            let keeps = min(Self.kubeletKeeps, reply.duration?.wholeNanoseconds ?? 0)
            nodes[pull.node].kept[pull.source] = keeps > 0 ? (token, now + keeps) : nil
        }
        present(token, pull)
    }

    /// The kubelet starts the plugin, unless one runs for the same image.
    private func start(_ pull: Pull) {
        let name = [pull.source, pull.image]
        let isFirst = nodes[pull.node].processes[name] == nil
        nodes[pull.node].processes[name, default: []].append(pull)
        if isFirst { launch(pull.node, pull.source, .process(image: pull.image)) }
    }

    private func launch(_ node: Int, _ source: Int, _ goal: Fetching.Goal) {
        let fetch = Fetching(node: node, life: nodes[node].lives, source: source, beganAt: now, goal: goal)
        nodes[node].atOnce[source] += 1
        result.mostAtOnce = max(result.mostAtOnce, nodes[node].atOnce[source])
        let number = freeFetches.popLast() ?? fetches.count
        if number == fetches.count { fetches.append(nil) }
        fetches[number] = fetch
        queue.add(.attempt(fetch: number), at: now + 50_000_000 + random.draw(upTo: 100_000_000))
    }

    /// A question reaches its source; what plugins do about refusals follows theirs: four attempts within seconds here, three of Amazon's.
    func attempt(_ number: Int) {
        guard var fetch = fetches[number] else { return }
        guard fetch.life == nodes[fetch.node].lives else { return release(number) }
        if nodes[fetch.node].isAsleep(now) { return queue.add(.attempt(fetch: number), at: nodes[fetch.node].asleepUntil + second) }
        let answer = services[fetch.source].request(now)
        guard answer != .token else {
            tokens.append((fetch.source, now))
            nodes[fetch.node].newest[fetch.source] = (tokens.count - 1, now)
            return land(number, fetch, token: tokens.count - 1)
        }
        let isOurs = if case .flight = fetch.goal { true } else { false }
        let most = isOurs ? 4 : 3
        fetch.attempt += 1
        fetches[number] = fetch
        guard fetch.attempt < most else { return land(number, fetch, token: nil) }
        let range: Int64 = isOurs ? min(5000, 200 << Int64(fetch.attempt - 1)) : 1000 << Int64(fetch.attempt - 1)
        let wait = random.draw(upTo: range * 1_000_000)
        queue.add(.attempt(fetch: number), at: now + wait + (answer == .down ? second : 50_000_000))
    }

    private func release(_ number: Int) {
        fetches[number] = nil
        freeFetches.append(number)
    }

    private func land(_ number: Int, _ fetch: Fetching, token: Int?) {
        release(number)
        let node = fetch.node
        nodes[node].atOnce[fetch.source] -= 1
        switch fetch.goal {
        case .process(let image):
            let pulls = nodes[node].processes.removeValue(forKey: [fetch.source, image]) ?? []
            guard let token else {
                for pull in pulls { fail(pull) }
                return
            }
            let source = plan.sources[fetch.source]
            // Half of what is left, as its own clock sees it.
            let keeps = source.kubeletKeeps.map { $0 * second } ?? max(0, source.lifetime - nodes[node].clockOffset) * second / 2
            nodes[node].kept[fetch.source] = keeps > 0 ? (token, now + keeps) : nil
            for pull in pulls { present(token, pull) }
        case .flight(let flight): land(flight, of: fetch, token: token)
        }
    }

    private func land(_ flight: FlightPlan, of fetch: Fetching, token: Int?) {
        let node = fetch.node
        let wallClock = nodes[node].wallClock(now)
        let answer: Result<ProviderReply, Failure>
        if let token {
            // Plugins count from the answer's own date: the expiry is right on whatever clock.
            let expires = UTCTime(unixNanoseconds: wallClock.unixNanoseconds + plan.sources[fetch.source].lifetime * second)
            let entry = AuthEntry(
                pattern: flight.key.registry, username: String(token), password: Self.password, origin: Origin(.plugin, flight.key.provider)
            )
            answer = .success(ProviderReply(entries: [entry], scope: .registry, expires: expires))
        } else {
            answer = .failure(Failure(.unavailable, attempting: "asking", reason: "simulated"))
        }
        let landing = nodes[node].table.land(
            flight, with: answer, took: now - fetch.beganAt, now: nodes[node].moment(now), wallClock: wallClock)
        let pulls = nodes[node].waiting.removeValue(forKey: flight.id) ?? []
        for pull in pulls {
            switch landing.outcome {
            case .success(let landed):
                take(landed.presented(at: nodes[node].moment(now).boot), pull)
            case .failure:
                let reply = nodes[node].table.valid(for: keys[pull.source][pull.image], now: nodes[node].moment(now).boot)
                if let reply { take(reply, pull) } else { fail(pull) }
            }
        }
        settle(node)
    }

    // MARK: At the registry

    /// A pull shows a credential to the registry.
    private func present(_ token: Int, _ pull: Pull) {
        let source = plan.sources[pull.source]
        let issuedAt = tokens[token].issuedAt
        let endsAt = issuedAt + source.lifetime * second
        guard now < endsAt else {
            result.presentedExpired += 1
            return fail(pull, token)
        }
        guard !source.isRevoked(issuedAt: issuedAt, now: now) else {
            result.presentedRevoked += 1
            return refuse(token, pull)
        }
        nodes[pull.node].newest[pull.source]?.usedAt = now
        result.longestWait = max(result.longestWait, Double(now - pull.wantedAt) / Double(second))
        let due = issuedAt + source.lifetime * second * 3 / 4
        result.longestStaleness = max(result.longestStaleness, Double(now - due) / Double(second))
        if endsAt < now + pull.duration { count(&result.outlived, pull, since: due) }
    }

    /// A registry answers 401: a puller of ours says so and asks once more.
    private func refuse(_ token: Int, _ pull: Pull) {
        guard strategy == .agent, !pull.hasRefetched else { return fail(pull, token) }
        let entry = AuthEntry(
            pattern: keys[pull.source][pull.image].registry, username: String(token), password: Self.password,
            origin: Origin(.plugin, "source\(pull.source)"))
        let node = pull.node
        guard nodes[node].table.invalidate(entry, for: keys[pull.source][pull.image], now: nodes[node].moment(now).boot) else {
            return fail(pull, token)
        }
        var again = pull
        again.hasRefetched = true
        begin(again)
    }

    /// A pull is refused, and waits as long as the kubelet lets it.
    private func fail(_ pull: Pull, _ token: Int? = nil) {
        var again = pull
        if !pull.hasLacked { countLack(pull, token) }
        again.hasLacked = true
        again.hasRefetched = false
        again.attempts += 1
        queue.add(.pull(again), at: now + min(300, 10 << Int64(min(pull.attempts, 5))) * second)
    }

    private func countLack(_ pull: Pull, _ token: Int?) {
        let source = plan.sources[pull.source]
        // What nobody used for a lifetime is not kept warm: then it is as at the start.
        guard let newest = nodes[pull.node].newest[pull.source], now - newest.usedAt <= source.lifetime * second else {
            result.lacked.cold += 1
            return
        }
        let issuedAt = tokens[token ?? newest.token].issuedAt
        guard let revokedAt = source.revocations.last(where: { issuedAt < $0 * second && $0 * second <= now }) else {
            return count(&result.lacked, pull, since: issuedAt + source.lifetime * second * 3 / 4)
        }
        // Nobody knows of it before a registry refuses the first pull; from then on a source is tried once a minute.
        if source.wasReachable(from: max(revokedAt * second, now - 120 * second), to: now) || !source.isDown(now) {
            result.lacked.revoked += 1
        } else {
            result.lacked.excused += 1
        }
    }

    /// Counts a misfortune: avoidable when a new credential could have been had since then.
    private func count(_ lacks: inout FleetResult.Lacks, _ pull: Pull, since due: Int64) {
        let source = plan.sources[pull.source]
        let start = min(due, now)
        if start >= now - 60 * second || source.wasReachable(from: start, to: now) { lacks.avoidable += 1 } else { lacks.excused += 1 }
    }
}
