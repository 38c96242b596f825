"""The fields of Kubernetes' objects that examples/kubelet uses, and no others: strict, since a misspelt field is silently dropped by a server."""

TEXT, NUMBER, FLAG, ANY = str, int, bool, object
META = {"name": TEXT, "namespace": TEXT, "labels": {"*": TEXT}}
CONTAINER = {
    "name": TEXT, "image": TEXT, "command": [TEXT], "env": [{"name": TEXT, "value": TEXT}],
    "securityContext": {
        "privileged": FLAG, "runAsUser": NUMBER, "runAsNonRoot": FLAG, "allowPrivilegeEscalation": FLAG, "readOnlyRootFilesystem": FLAG,
        "capabilities": {"drop": [TEXT]},
    },
    "resources": {"requests": {"*": TEXT}, "limits": {"*": TEXT}},
    "volumeMounts": [{"name": TEXT, "mountPath": TEXT, "readOnly": FLAG}],
}
POD = {
    "serviceAccountName": TEXT, "automountServiceAccountToken": FLAG, "priorityClassName": TEXT, "nodeSelector": {"*": TEXT},
    "tolerations": [{"operator": TEXT}], "hostPID": FLAG, "initContainers": [CONTAINER], "containers": [CONTAINER],
    "volumes": [{"name": TEXT, "configMap": {"name": TEXT}, "hostPath": {"path": TEXT, "type": TEXT}}],
}
KINDS = {
    ("v1", "ServiceAccount"): {"metadata": META, "automountServiceAccountToken": FLAG},
    ("v1", "ConfigMap"): {"metadata": META, "data": {"*": TEXT}},
    ("apps/v1", "DaemonSet"): {
        "metadata": META,
        "spec": {
            "selector": {"matchLabels": {"*": TEXT}},
            "updateStrategy": {"type": TEXT, "rollingUpdate": {"maxUnavailable": NUMBER}},
            "template": {"metadata": META, "spec": POD},
        },
    },
    ("rbac.authorization.k8s.io/v1", "ClusterRole"): {
        "metadata": META, "rules": [{"verbs": [TEXT], "apiGroups": [TEXT], "resources": [TEXT], "resourceNames": [TEXT]}],
    },
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"): {
        "metadata": META, "roleRef": {"apiGroup": TEXT, "kind": TEXT, "name": TEXT},
        "subjects": [{"kind": TEXT, "apiGroup": TEXT, "name": TEXT}],
    },
    ("kubeadm.k8s.io/v1beta4", "JoinConfiguration"): {"nodeRegistration": {"kubeletExtraArgs": [{"name": TEXT, "value": TEXT}]}},
    ("node.eks.aws/v1alpha1", "NodeConfig"): {"spec": {"kubelet": {"flags": [TEXT]}}},
}


def complaints(value, schema, where):
    """What in a value the schema does not know, or knows as something else."""
    if isinstance(schema, dict):
        if not isinstance(value, dict):
            return [f"{where} is no object"]
        found = []
        for key, member in value.items():
            known = schema.get(key, schema.get("*"))
            found += complaints(member, known, f"{where}.{key}") if known is not None else [f"{where}.{key} is unknown"]
        return found
    if isinstance(schema, list):
        if not isinstance(value, list):
            return [f"{where} is no list"]
        return [one for index, member in enumerate(value) for one in complaints(member, schema[0], f"{where}[{index}]")]
    right = isinstance(value, schema) and (schema is FLAG or not isinstance(value, bool))
    return [] if right else [f"{where} is no {schema.__name__}: {value!r}"]


def check(document):
    """The complaints about one document of a manifest."""
    kind = (document.get("apiVersion"), document.get("kind"))
    if kind not in KINDS:
        return [f"no kind {kind}"]
    return complaints({key: value for key, value in document.items() if key not in ("apiVersion", "kind")}, KINDS[kind], kind[1])
