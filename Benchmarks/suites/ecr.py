"""A whole start for Amazon's registries, over TLS, beside Amazon's own helper."""
import base64
import json
import time

from measuring import Case, question
from servers import AnswerServer, Tunnel, authorities


def run(bench):
    stage, folder = bench.stage, bench.folder
    directory, bundle = authorities(folder)
    token = base64.b64encode(b"AWS:" + b"p" * 1500).decode()
    registry, region = "123456789012.dkr.ecr.eu-west-1.amazonaws.com", "eu-west-1"
    answer = json.dumps({"authorizationData": [
        {"authorizationToken": token, "expiresAt": time.time() + 43200, "proxyEndpoint": f"https://{registry}"}]})
    api, sts = f"api.ecr.{region}.amazonaws.com", f"sts.{region}.amazonaws.com"
    ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 21600))
    temporary = "<Credentials><AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>{}</SessionToken>" \
                "<Expiration>{}</Expiration></Credentials>".format("t" * 700, ends)
    action = "AssumeRoleWithWebIdentity"
    server = AnswerServer(folder, api, {"/": answer})
    service = AnswerServer(folder, sts, {"/": f"<{action}Response><{action}Result>{temporary}</{action}Result></{action}Response>"})
    roles = "/latest/meta-data/iam/security-credentials/"
    metadata = AnswerServer(folder, None, {"/latest/api/token": "t" * 56, roles: "node-role", roles + "node-role": json.dumps({
        "Code": "Success", "AccessKeyId": "ASIAIOSFODNN7EXAMPLE", "SecretAccessKey": "s", "Token": "t" * 700, "Expiration": ends})})
    tunnel = Tunnel({api: server.port, sts: service.port})
    common = {"AWS_REGION": region, "HTTPS_PROXY": f"http://127.0.0.1:{tunnel.port}", "https_proxy": f"http://127.0.0.1:{tunnel.port}"}
    keys = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", **common}
    node = {"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": f"http://127.0.0.1:{metadata.port}", **common}
    role = "arn:aws:iam::123456789012:role/pull"
    (folder / "jwt").write_text("h." + "p" * 900 + ".s")
    web = {"AWS_ROLE_ARN": role, "AWS_WEB_IDENTITY_TOKEN_FILE": str(folder / "jwt"), "AWS_STS_REGIONAL_ENDPOINTS": "regional", **common}
    pod = json.dumps({**json.loads(question(f"{registry}/app:1")), "serviceAccountToken": "h." + "p" * 900 + ".s",
                      "serviceAccountAnnotations": {"eks.amazonaws.com/ecr-role-arn": role}})
    target = "X-Amz-Target: AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken"
    curl = ["curl", "-sf", "--cacert", bundle, "--aws-sigv4", "aws:amz:eu-west-1:ecr", "-K", "-", "-H", target,
            "-H", "Content-Type: application/x-amz-json-1.1", "-d", "{}", f"https://{api}/"]
    user = f'user = "{keys["AWS_ACCESS_KEY_ID"]}:{keys["AWS_SECRET_ACCESS_KEY"]}"\n'
    program, rival, image = stage / "bin/provider-exec", "docker-credential-ecr-login", question(f"{registry}/app:1")
    trust, own = {"SSL_CERT_FILE": str(bundle)}, {"SSL_CERT_FILE": str(bundle), "AWS_ECR_DISABLE_CACHE": "1", "HOME": str(folder)}
    cases = [
        Case("C hello world", [bench.hello]),
        Case("provider-exec --version", [program, "--version"]),
        Case("docker-credential-ecr-login -v", [rival, "-v"]),
        Case("provider-exec, full ECR answer, hash links", [program], image, {**keys, "SSL_CERT_DIR": str(directory)}),
        Case("provider-exec, full ECR answer, bundle", [program], image, {**keys, **trust}),
        Case("docker-credential-ecr-login get, bundle", [rival, "get"], registry, {**keys, **own}),
        Case("curl --aws-sigv4, the same request, bundle", curl, user, keys),
        Case("provider-exec, instance role, hash links", [program], image, {**node, "SSL_CERT_DIR": str(directory)}),
        Case("provider-exec, instance role, bundle", [program], image, {**node, **trust}),
        Case("docker-credential-ecr-login get, instance role, bundle", [rival, "get"], registry, {**node, **own}),
        Case("provider-exec, service account token, hash links", [program], pod, {**common, "SSL_CERT_DIR": str(directory)}),
        Case("provider-exec, service account token, bundle", [program], pod, {**common, **trust}),
        Case("docker-credential-ecr-login get, web identity, bundle", [rival, "get"], registry, {**web, **own}),
    ]
    try:
        bench.compare("Amazon over TLS, through one loopback proxy", cases, [tunnel, server, service, metadata])
    finally:
        for each in [tunnel, server, service, metadata]:
            each.end()
