import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["**/node_modules/", "artifacts/", "cache/", "typechain-types/", "coverage/"] },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.recommended],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: false }],
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_" },
      ],
      // The project runs as CommonJS (Hardhat 2 needs it), where require() is how a path is resolved.
      "@typescript-eslint/no-require-imports": "off",
    },
  },
  {
    // Chai's assertions are expressions.
    files: ["test/**/*.ts"],
    rules: { "@typescript-eslint/no-unused-expressions": "off" },
  },
);
