/** SHA-256 (hex) of agent.ps1 as delivered; `hello` repeats it. Written by tools/generate-agent.ts; do not edit. */
export const AGENT_SHA256 = "b9c1cb9f7ed5b7a1307009a314106569b569ce8a3da655241a9b098ead453a37";
