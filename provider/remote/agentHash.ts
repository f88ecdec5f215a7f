/** SHA-256 (hex) of agent.ps1 as delivered; `hello` repeats it. Written by tools/generate-agent.ts; do not edit. */
export const AGENT_SHA256 = "c4986c95e21dbcd6cd600a4781523deb69085b27225bdb287484aefc58f97b0d";
