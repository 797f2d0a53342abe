//! The generators, with their versions and commands.

use crate::program::Program;

pub struct Generator {
    /// The name, which is also that of the directory with its driver.
    pub name: &'static str,
    pub version: &'static str,
    /// The tool chain. The generator is skipped if it is missing.
    pub needs: &'static Program,
    /// Whether CI tries it.
    pub in_ci: bool,
    /// Shell scripts that generate the client, compile the driver and run it. `$VERSION` is the version and
    /// `$GOTRUE_DOCUMENT` the JSON of the document; the driver also has `$GOTRUE_URL` and `$GOTRUE_SERVICE_KEY`.
    pub stages: [&'static str; 3],
    /// What to know about it, in the table of `openapi/README.md`.
    pub remark: &'static str,
}

/// Each tool chain includes its registry, from which the generators are installed.
static NODE: Program = Program {
    name: "Node.js 20 with the npm registry",
    probe: &[
        "sh",
        "-c",
        "node --eval \"process.exit(process.versions.node.split('.')[0] < 20 ? 1 : 0)\" && npm view typescript version",
    ],
    install: &[],
};

static PYTHON: Program = Program {
    name: "Python 3.10 with PyPI",
    probe: &[
        "sh",
        "-c",
        "python3 -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 10))' && \
         python3 -m pip download --no-deps --dest target/generators/probe attrs",
    ],
    install: &[],
};

static GO: Program = Program {
    name: "Go with the module proxy",
    probe: &["go", "list", "-m", "github.com/google/uuid@v1.6.0"],
    install: &[],
};

/// Maven and the tool chain of the generated client.
static MAVEN_AND_NODE: Program =
    Program { name: "Maven and Node.js", probe: &["sh", "-c", "mvn --version && npm --version"], install: &[] };
static MAVEN_AND_PYTHON: Program =
    Program { name: "Maven and Python", probe: &["sh", "-c", "mvn --version && python3 -m venv --help"], install: &[] };
static MAVEN_AND_GO: Program =
    Program { name: "Maven and Go", probe: &["sh", "-c", "mvn --version && go version"], install: &[] };
static MAVEN: Program = Program { name: "Maven", probe: &["mvn", "--version"], install: &[] };

const COMPILE_TYPESCRIPT: &str = "npx tsc --outDir compiled --strict --skipLibCheck --esModuleInterop --target es2022 \
                                  --lib es2022,dom,dom.iterable --module commonjs --moduleResolution node10 \
                                  --types node driver.ts";
const RUN_TYPESCRIPT: &str = "node --unhandled-rejections=strict compiled/driver.js";
const COMPILE_PYTHON: &str = "venv/bin/python -m compileall -q generated driver.py";
const RUN_PYTHON: &str = "venv/bin/python driver.py";
const COMPILE_GO: &str = "go build -o driver .";
const RUN_GO: &str = "./driver";

pub const GENERATORS: &[Generator] = &[
    Generator {
        name: "openapi-typescript",
        version: "7.13.0",
        needs: &NODE,
        in_ci: true,
        stages: [
            r#"
                npm install --no-save openapi-typescript@$VERSION openapi-fetch@0.17.0 typescript@5.9.3 @types/node@20.19.0
                npx openapi-typescript "$GOTRUE_DOCUMENT" -o generated/api.ts"#,
            COMPILE_TYPESCRIPT,
            RUN_TYPESCRIPT,
        ],
        remark: "Types for openapi-fetch 0.17.0.",
    },
    Generator {
        name: "hey-api",
        version: "0.99.0",
        needs: &NODE,
        in_ci: true,
        stages: [
            r#"
                npm install --no-save @hey-api/openapi-ts@$VERSION typescript@5.9.3 @types/node@20.19.0
                npx openapi-ts -i "$GOTRUE_DOCUMENT" -o generated"#,
            COMPILE_TYPESCRIPT,
            RUN_TYPESCRIPT,
        ],
        remark: "`auth` is asked for the bearer token and for the API key; return nothing for the latter without a gateway.",
    },
    Generator {
        name: "orval",
        version: "8.38.0",
        needs: &NODE,
        in_ci: true,
        stages: [
            r"
                npm install --no-save orval@$VERSION typescript@5.9.3 @types/node@20.19.0
                npx orval --config orval.config.cjs",
            COMPILE_TYPESCRIPT,
            RUN_TYPESCRIPT,
        ],
        remark: "The client `fetch`; the base URL is part of the configuration.",
    },
    Generator {
        name: "swagger-typescript-api",
        version: "13.13.0",
        needs: &NODE,
        in_ci: true,
        stages: [
            r#"
                npm install --no-save swagger-typescript-api@$VERSION typescript@5.9.3 @types/node@20.19.0
                npx swagger-typescript-api generate -p "$GOTRUE_DOCUMENT" -o generated -n api.ts"#,
            COMPILE_TYPESCRIPT,
            RUN_TYPESCRIPT,
        ],
        remark: "Methods are grouped by the first segment of the path.",
    },
    Generator {
        name: "openapi-python-client",
        version: "0.29.1",
        needs: &PYTHON,
        in_ci: true,
        stages: [
            r#"
                python3 -m venv venv
                venv/bin/pip install --quiet openapi-python-client==$VERSION
                venv/bin/openapi-python-client generate --path "$GOTRUE_DOCUMENT" --output-path generated --overwrite --meta none"#,
            COMPILE_PYTHON,
            RUN_PYTHON,
        ],
        remark: "No method for `saml_metadata`, which returns XML. Annotations ask for an `AuthenticatedClient` even where credentials are optional; a `Client` works.",
    },
    Generator {
        name: "datamodel-code-generator",
        version: "0.89.0",
        needs: &PYTHON,
        in_ci: true,
        stages: [
            r#"
                python3 -m venv venv
                venv/bin/pip install --quiet datamodel-code-generator==$VERSION httpx==0.28.1
                venv/bin/datamodel-codegen --input "$GOTRUE_DOCUMENT" --input-file-type openapi --output generated/__init__.py --output-model-type pydantic_v2.BaseModel"#,
            COMPILE_PYTHON,
            RUN_PYTHON,
        ],
        remark: "Models only. Secrets are `SecretStr`, which must be unwrapped in requests.",
    },
    Generator {
        name: "oapi-codegen",
        version: "2.8.2",
        needs: &GO,
        in_ci: true,
        stages: [
            r#"
                go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v$VERSION -package generated -o generated/client.go "$GOTRUE_DOCUMENT""#,
            COMPILE_GO,
            RUN_GO,
        ],
        remark: "Default settings.",
    },
    Generator {
        name: "ogen",
        version: "1.24.0",
        needs: &GO,
        in_ci: true,
        stages: [
            r#"
                go run github.com/ogen-go/ogen/cmd/ogen@v$VERSION --target generated --package generated --clean "$GOTRUE_DOCUMENT""#,
            COMPILE_GO,
            RUN_GO,
        ],
        remark: "Credentials that do not apply return `ErrSkipClientSecurity`.",
    },
    Generator {
        name: "openapi-generator-typescript-fetch",
        version: "7.25.0",
        needs: &MAVEN_AND_NODE,
        in_ci: false,
        stages: [
            r#"
                npm install --no-save typescript@5.9.3 @types/node@20.19.0
                mvn --quiet --batch-mode dependency:copy -Dartifact=org.openapitools:openapi-generator-cli:$VERSION -DoutputDirectory=..
                java -jar ../openapi-generator-cli-$VERSION.jar generate -g typescript-fetch -i "$GOTRUE_DOCUMENT" -o generated"#,
            COMPILE_TYPESCRIPT,
            RUN_TYPESCRIPT,
        ],
        remark: "`Error` becomes `ModelError`.",
    },
    Generator {
        name: "openapi-generator-python",
        version: "7.25.0",
        needs: &MAVEN_AND_PYTHON,
        in_ci: false,
        stages: [
            r#"
                python3 -m venv venv
                mvn --quiet --batch-mode dependency:copy -Dartifact=org.openapitools:openapi-generator-cli:$VERSION -DoutputDirectory=..
                java -jar ../openapi-generator-cli-$VERSION.jar generate -g python -i "$GOTRUE_DOCUMENT" -o generated
                venv/bin/pip install --quiet ./generated"#,
            COMPILE_PYTHON,
            RUN_PYTHON,
        ],
        remark: "Secrets are `SecretStr`, also in responses.",
    },
    Generator {
        name: "openapi-generator-go",
        version: "7.25.0",
        needs: &MAVEN_AND_GO,
        in_ci: false,
        stages: [
            r#"
                mvn --quiet --batch-mode dependency:copy -Dartifact=org.openapitools:openapi-generator-cli:$VERSION -DoutputDirectory=..
                java -jar ../openapi-generator-cli-$VERSION.jar generate -g go -i "$GOTRUE_DOCUMENT" -o generated --additional-properties=enumClassPrefix=true,withGoMod=false,packageName=generated
                rm -r generated/test"#,
            COMPILE_GO,
            RUN_GO,
        ],
        remark: "Needs `enumClassPrefix=true`, since enums share values.",
    },
    Generator {
        name: "openapi-generator-kotlin",
        version: "7.25.0",
        needs: &MAVEN,
        in_ci: false,
        stages: [
            r#"
                mvn --quiet --batch-mode dependency:copy -Dartifact=org.openapitools:openapi-generator-cli:$VERSION -DoutputDirectory=..
                java -jar ../openapi-generator-cli-$VERSION.jar generate -g kotlin -i "$GOTRUE_DOCUMENT" -o generated --config config.yaml"#,
            "mvn --quiet --batch-mode compile",
            r#"java -cp "target/classes:$(cat target/classpath)" DriverKt"#,
        ],
        remark: "The default library; `jvm-retrofit2` declares `setBearerToken` once for each of the two bearer schemes and does not compile. Unions are `kotlin.Any`: see `config.yaml` of the driver.",
    },
];
