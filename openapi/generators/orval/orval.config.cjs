module.exports = {
  gotrue: {
    input: process.env.GOTRUE_DOCUMENT,
    output: { target: "generated/api.ts", client: "fetch", baseUrl: { runtime: "process.env.GOTRUE_URL" } },
  },
};
