import TabardConfig
import TabardCore
import TabardHTTP

/// What is around the credentials: the time, proxies, and whom TLS trusts.
extension Doctor {
    mutating func checkClock() {
        switch node.isClockSynchronised {
        case true?: report.add(.ok, .clock, "clock", "a time service keeps it")
        case false?:
            report.add(
                .warning, .clock, "clock", "no time service keeps it",
                why: "signatures, tokens and certificates are refused when it is minutes wrong, and answers are kept for 5 minutes at most",
                fix: "start chronyd or systemd-timesyncd, and look at `chronyc tracking` or `timedatectl`")
        case nil: report.add(.note, .clock, "clock", "the kernel does not say whether a time service keeps it")
        }
    }

    /// Each set of variables by which programs on this node go, with the name of whose it is.
    var environments: [(name: String, variables: [String: String])] {
        (node.environment != nil ? [("this shell", shell)] : []) + (kubelet?.environment.map { [("the kubelet", $0)] } ?? [])
    }

    mutating func checkProxies() {
        let before = report.findings.count
        for (name, variables) in environments { checkProxies(of: name, variables) }
        if report.findings.count == before { report.add(.ok, .proxy, "proxies", "none is set") }
    }

    private mutating func checkProxies(of name: String, _ variables: [String: String]) {
        func value(_ name: String) -> String? { variables[name].flatMap { $0.isEmpty ? nil : $0 } }
        let named = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"].filter { value($0) != nil }
        guard !named.isEmpty else { return }
        let subject = "\(named.joined(separator: ", ")) of \(name)"
        let rules = ProxyRules(environment: value)
        /// Nil for a variable that cannot be read.
        func isProxied(_ url: String) -> Bool? {
            guard let url = try? WebURL(url) else { return false }
            return try? rules.isProxied(url)
        }
        for (upper, lower) in [("HTTPS_PROXY", "https_proxy"), ("HTTP_PROXY", "http_proxy"), ("NO_PROXY", "no_proxy")] {
            guard let first = value(upper), let second = value(lower), first != second else { continue }
            report.add(
                .warning, .proxy, "\(upper) of \(name)", "it differs from \(lower)",
                why: "here the one in capitals counts; curl and others take the other", fix: "set both to the same")
        }
        if isProxied("https://registry.example/") == nil || isProxied("http://registry.example/") == nil {
            report.add(
                .error, .proxy, subject, "one of them cannot be read",
                why: "no request that it is for is made, rather than without the proxy",
                fix: "write it as http://host:port")
            return
        }
        if isProxied("http://169.254.169.254/") == true {
            report.add(
                .warning, .proxy, subject, "NO_PROXY lacks 169.254.169.254",
                why: "Tabard never asks a metadata server through a proxy, but other programs would, and get its answer or none",
                fix: "add 169.254.169.254,fd00:ec2::254,metadata.google.internal to NO_PROXY")
        }
        if name == "the kubelet",
            isProxied("https://registry.default.svc/") == true || isProxied("https://r.kube-system.svc.cluster.local/") == true
        {
            report.add(
                .warning, .proxy, subject, "NO_PROXY lacks .svc or .cluster.local",
                why: "registries in the cluster are looked for at the proxy",
                fix: "add .svc,.cluster.local to NO_PROXY")
        }
        for registry in privateRegistries where isProxied("https://\(registry)/") == true {
            report.add(
                .warning, .proxy, subject, "\(registry) is reached through the proxy, and looks like a registry of your own network",
                why: "the proxy may not find it, and sees the traffic to it", fix: "add it to NO_PROXY")
        }
        if rules.uselessExceptions > 0 {
            report.add(
                .warning, .proxy, "NO_PROXY of \(name)", "\(rules.uselessExceptions) of its parts can be true of no host",
                why: "a scheme, a path, or a port that is no number makes a part useless",
                fix: "write hosts, .domains, addresses or networks, separated by commas")
        }
        report.add(.ok, .proxy, subject, "read")
    }

    /// Registries of the configuration that are on a network of one's own: addresses, and names that no public zone has.
    private var privateRegistries: [String] {
        let mirrors = configuration.mirrors.values.flatMap { $0 }.map(\.registry)
        let logins = report.dockerConfigs.filter(\.counts).flatMap(\.logins.keys).compactMap {
            $0.split(separator: "/").first.map(String.init)
        }
        let all = Set(mirrors + logins + configuration.insecureRegistries + configuration.mirrors.keys)
        return all.sorted().filter { registry in
            guard let url = try? WebURL("https://\(registry)/"), !url.isLoopback else { return false }
            let endings = [".local", ".internal", ".lan", ".corp", ".intranet", ".svc", ".home.arpa", ".test"]
            let isPrivate = ["10.", "192.168.", "172.16.", "172.17.", "172.18.", "172.19.", "172.2", "172.30.", "172.31."]
            let isAddress = url.host.utf8.allSatisfy { ($0 >= 0x30 && $0 <= 0x39) || $0 == UInt8(ascii: ".") }
            return endings.contains { url.host.hasSuffix($0) } || (isAddress && isPrivate.contains { url.host.hasPrefix($0) })
        }
    }

    mutating func checkCertificates() {
        let environments = environments.isEmpty ? [("this node", [:])] : environments
        for (name, variables) in environments {
            let configuration = HTTPConfiguration { variables[$0].flatMap { $0.isEmpty ? nil : $0 } }
            let named = ["SSL_CERT_FILE", "SSL_CERT_DIR", "AWS_CA_BUNDLE"].filter { variables[$0]?.isEmpty == false }
            var placed = configuration
            placed.certificateFile = configuration.certificateFile.map(files.place)
            placed.certificateFolders = configuration.certificateFolders.map { folders in
                folders.split(separator: ":").map { files.place(String($0)) }.joined(separator: ":")
            }
            let subject = named.isEmpty ? "the distribution's store" : "\(named.joined(separator: ", ")) of \(name)"
            do throws(Failure) {
                let store = try CertificateAuthorities.find(
                    placed, systemFolders: CertificateAuthorities.systemFolders.map(files.place),
                    systemBundles: CertificateAuthorities.systemBundles.map(files.place))
                // What a variable names is not shown.
                let place = named.isEmpty ? ": \(files.shown(store.description))" : ""
                if store.isBundle, named.isEmpty {
                    report.add(
                        .note, .certificates, subject, "one bundle\(place)",
                        why: "each start of a program reads all of it, some 40 ms; a folder of hash links is looked up one by one",
                        fix: "install ca-certificates and openssl, and run update-ca-certificates or c_rehash")
                } else {
                    report.add(.ok, .certificates, subject, "it can be read\(place)")
                }
            } catch {
                report.add(
                    .error, .certificates, subject, error.reason, why: "no server can prove who it is, so every HTTPS request fails",
                    fix: error.advice)
            }
        }
    }
}
